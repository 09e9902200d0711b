-- Rows that many gaggles refer to, each once: what both stores have keeps its id here.
INSERT INTO main.fact_set (facts)
SELECT facts
FROM other.fact_set
WHERE facts NOT IN (SELECT facts FROM main.fact_set);
INSERT INTO moved
SELECT 'fact_set', theirs.id, mine.id, 0
FROM other.fact_set AS theirs
JOIN main.fact_set AS mine ON mine.facts = theirs.facts;

INSERT INTO main.package_set (sha256, packages)
SELECT sha256, packages
FROM other.package_set
WHERE sha256 NOT IN (SELECT sha256 FROM main.package_set);
INSERT INTO moved
SELECT 'package_set', theirs.id, mine.id, 0
FROM other.package_set AS theirs
JOIN main.package_set AS mine ON mine.sha256 = theirs.sha256;

INSERT INTO main.phase_name (name)
SELECT name
FROM other.phase_name
WHERE name NOT IN (SELECT name FROM main.phase_name);
INSERT INTO moved
SELECT 'phase_name', theirs.id, mine.id, 0
FROM other.phase_name AS theirs
JOIN main.phase_name AS mine ON mine.name = theirs.name;
