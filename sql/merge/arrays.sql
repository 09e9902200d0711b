-- arrays that come and have files, with their experiment here and its folder on both sides
SELECT array.id, array.position, array.folder, experiment.new, theirs.folder, coalesce(folder.new, mine.folder)
FROM moved
JOIN other.array AS array ON array.id = moved.old
JOIN other.experiment AS theirs ON theirs.id = array.experiment_id
JOIN moved AS experiment ON experiment.space = 'experiment' AND experiment.old = array.experiment_id
LEFT JOIN main.experiment AS mine ON mine.id = experiment.new
LEFT JOIN moved AS folder ON folder.space = 'folder' AND folder.old = theirs.folder
WHERE moved.space = 'array'
    AND array.folder IS NOT NULL
ORDER BY array.id;
