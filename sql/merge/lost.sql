-- folders, there and here, of arrays that are here with an attempt whose record was never seen: it may be there now
SELECT theirs.folder, mine.folder
FROM main.array AS mine
JOIN other.array AS theirs ON theirs.token = mine.token
WHERE mine.folder IS NOT NULL
    AND theirs.folder IS NOT NULL
    AND mine.id IN (SELECT array_id FROM main.attempt WHERE state = 'LOST');
