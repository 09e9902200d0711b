"""Reads every view of a store as anybody would, without gaggle: `plain_client.py RESULTS.DB`.

Prints "view rows" for each, and fails if python's sqlite3 and pandas do not agree.
"""
import sqlite3
import sys

import pandas as pd

database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
for (view,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name").fetchall():
    rows = database.execute(f"SELECT * FROM {view}").fetchall()
    frame = pd.read_sql(f"SELECT * FROM {view}", database)
    assert len(frame) == len(rows), view
    for column in frame.columns[frame.columns.str.endswith("_s")]:
        assert pd.api.types.is_numeric_dtype(frame[column].dropna()) or frame[column].isna().all(), (view, column)
    print(view, len(rows))
