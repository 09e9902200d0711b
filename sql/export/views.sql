-- every view with results, a user's own too, and the statement that gives its rows of the experiments asked for
SELECT view.name,
       printf('SELECT * FROM "%w" WHERE experiment_id IN (SELECT value FROM json_each(:experiments))', view.name)
FROM sqlite_schema AS view
WHERE view.type = 'view'
    AND view.name NOT GLOB 'measured_*'  -- parts of the others
    AND view.name NOT GLOB '*/*'
    AND EXISTS (SELECT 1 FROM pragma_table_info(view.name) WHERE name = 'experiment_id')
ORDER BY view.name;
