# The R probe (see worker/probe.hpp). R leaves out an -e of more than 10000 bytes.
local({
    given <- commandArgs()
    given <- given[seq(max(which(given == "--args")) + 1, length(given))]
    timer <- paste0("/proc/self/fdinfo/", given[2])
    now <- function() {
        left <- grep("it_value", readLines(timer), fixed = TRUE, value = TRUE)
        sub("it_value: ", "", left, fixed = TRUE)
    }
    ready <- now()
    marks <- file(paste0("/proc/self/fd/", given[1]), "a")
    tab <- intToUtf8(9)
    mark <- function(text, at = now()) {
        cat(text, tab, at, intToUtf8(10), sep = "", file = marks)
        flush(marks)
    }
    mark("ready", ready)
    mark(paste("probe", "timerfd", 1, getRversion(), sep = tab))
    for (name in given[-(1:3)]) {
        tryCatch(library(name, character.only = TRUE), error = function(trouble) {
            words <- gsub("[[:space:]]+", " ", conditionMessage(trouble))
            mark(paste0("error", tab, "import ", name, ": ", words))
            stop(trouble)
        })
        mark(paste("import", name))
    }
})
