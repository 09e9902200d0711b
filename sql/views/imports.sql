-- every import of a library by every interpreter
CREATE VIEW imports AS
SELECT experiment, environment, interpreters, nodes, total, repetition, node, node_name,
       interpreter,
       substr(phase, length('import ') + 1) AS library,
       begin_s,
       end_s,
       duration_s,
       state, launcher, experiment_id, cell_id, attempt_id, gaggle_id
FROM phases
WHERE phase GLOB 'import *';
