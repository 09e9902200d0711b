# Lines as worker/inspection.hpp has them.
found <- installed.packages()[, c("Package", "Version"), drop = FALSE]
found <- found[!duplicated(found[, "Package"]), , drop = FALSE]
cat(paste0("version\t", R.version$major, ".", R.version$minor), "\n", sep = "")
cat(paste0("build\t", R.version.string), "\n", sep = "")
cat(paste0("executable\t", commandArgs()[1]), "\n", sep = "")
cat(paste0("prefix\t", R.home()), "\n", sep = "")
cat(paste0("package\t", found[, "Package"], "==", found[, "Version"], "\n"), sep = "")
cat("packages\t", nrow(found), "\nend\n", sep = "")
