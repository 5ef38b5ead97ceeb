-- What is silently wrong in the newest run: nothing raised, and the values are not those that were saved?
SELECT id, reason, map_extract_value(differences, 'weights') AS weights_differ_by, map_extract_value(differences, 'outputs') AS outputs_differ_by, cause
FROM cells WHERE silent AND canary IS NULL AND run = (SELECT max(run) FROM runs) ORDER BY id
