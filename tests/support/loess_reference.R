# Reference values for statistics::smooth, by R's loess: `loess_reference.R FILE ENVIRONMENT` reads times in the founding
# study's format and prints the curve of that environment's at seven places, "total time" a line.
arguments <- commandArgs(trailingOnly = TRUE)
times <- read.table(arguments[1], sep = "|", col.names = c("environment", "per.node", "nodes", "total", "time"))
times <- times[times$environment == arguments[2], ]
fit <- loess(log(time) ~ log(total), times, control = loess.control(surface = "direct"))
total <- exp(seq(log(min(times$total)), log(max(times$total)), length.out = 7))
cat(sprintf("%.17g %.17g\n", total, exp(predict(fit, data.frame(total = total)))), sep = "")
