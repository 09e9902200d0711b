# Reads every view of a store as anybody would, without gaggle: `plain_client.R RESULTS.DB` prints "view rows" for each.
library(DBI)
database <- dbConnect(RSQLite::SQLite(), commandArgs(trailingOnly = TRUE)[1], flags = RSQLite::SQLITE_RO)
views <- dbGetQuery(database, "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name")$name
options(warn = 2)  # a column of mixed types
for (view in views) cat(sprintf("%s %d\n", view, nrow(dbReadTable(database, view))))
dbDisconnect(database)
