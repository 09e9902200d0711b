-- the statements that bring the rows of what comes, in their order: from the schema, so that no column is forgotten
WITH RECURSIVE
-- A user's own table is in one of the stores only, or not the same.
both (name) AS (
    SELECT mine.name
    FROM main.sqlite_schema AS mine
    JOIN other.sqlite_schema AS theirs ON theirs.type = mine.type AND theirs.name = mine.name AND theirs.sql = mine.sql
    WHERE mine.type = 'table'
),
reference (name, field, target, target_field) AS (
    SELECT both.name, key."from", key."table", key."to"
    FROM both
    JOIN pragma_foreign_key_list(both.name) AS key
),
-- Tables with rows of an experiment: those that refer to it, to one of these and so on; after all that they refer to.
below (name, level) AS (
    VALUES ('experiment', 0)
    UNION
    SELECT reference.name, below.level + 1
    FROM below
    JOIN reference ON reference.target = below.name
),
owned (name, level) AS (SELECT name, max(level) FROM below GROUP BY name),
-- Where a column's value comes from: an id of which table, if any.
trail (name, place, field, at, at_field) AS (
    SELECT owned.name, info.cid, info.name, owned.name, info.name
    FROM owned
    JOIN pragma_table_info(owned.name) AS info
    UNION
    SELECT trail.name, trail.place, trail.field, reference.target, reference.target_field
    FROM trail
    JOIN reference ON reference.name = trail.at AND reference.field = trail.at_field
),
field (name, place, field, space) AS (
    SELECT name, place, field, max(CASE at_field WHEN 'id' THEN at END)
    FROM trail
    GROUP BY name, field
),
value (name, place, field, text) AS (
    SELECT name, place, field,
           CASE
               WHEN field = 'name_id'  -- of phase_name, whether or not a foreign key says so
               THEN 'coalesce((SELECT new FROM moved WHERE space = ''phase_name'' AND old = theirs.name_id), theirs.name_id)'
               WHEN space IS NOT NULL
               THEN printf('(SELECT new FROM moved WHERE space = %Q AND old = theirs."%w")', space, field)
               WHEN field = 'folder' AND name IN ('experiment', 'array')
               THEN 'coalesce((SELECT new FROM moved WHERE space = ''folder'' AND old = theirs.folder), theirs.folder)'
               WHEN field = 'position' AND name = 'array'
               THEN 'coalesce((SELECT new FROM moved WHERE space = ''position'' AND old = theirs.id), theirs.position)'
               ELSE printf('theirs."%w"', field)
           END
    FROM field
),
-- A row comes if what it belongs to does; experiments and arrays have been chosen.
condition (name, text) AS (
    SELECT name,
           group_concat(printf('theirs."%w" IN (SELECT old FROM moved WHERE space = %Q AND added)', field, space), ' AND ')
    FROM field
    WHERE space IN (SELECT name FROM owned)
        AND CASE
            WHEN name IN ('experiment', 'array') THEN field = 'id'
            WHEN name = 'attempt' THEN field = 'array_id'  -- its cell may have been here before
            ELSE field <> 'id'
        END
    GROUP BY name
),
statement (level, name, turn, text) AS (
    SELECT owned.level, owned.name, 0,
           printf('INSERT INTO moved '
                      || 'SELECT %Q, id, (SELECT coalesce(max(id), 0) FROM main."%w") + row_number() OVER (ORDER BY id), 1 '
                      || 'FROM other."%w" AS theirs WHERE %s',
                  owned.name, owned.name, owned.name, condition.text)
    FROM owned
    JOIN condition ON condition.name = owned.name
    WHERE owned.name NOT IN ('experiment', 'array')
        AND owned.name IN (SELECT name FROM field WHERE field = 'id')
    UNION ALL
    SELECT owned.level, owned.name, 1,
           printf('INSERT INTO main."%w" (%s) SELECT %s FROM other."%w" AS theirs WHERE %s',
                  owned.name, listed.fields, listed.texts, owned.name, condition.text)
    FROM owned
    JOIN condition ON condition.name = owned.name
    JOIN (
        SELECT name, group_concat(printf('"%w"', field), ', ') AS fields, group_concat(text, ', ') AS texts
        FROM (SELECT * FROM value ORDER BY name, place)
        GROUP BY name
    ) AS listed ON listed.name = owned.name
)
SELECT text
FROM statement
ORDER BY level, name, turn;
