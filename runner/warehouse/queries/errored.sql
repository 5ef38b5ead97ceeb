-- What says nothing about TensorFlow, run by run: errored cells by reason
SELECT run, reason, stage, count(*) AS cells, min(id) AS example
FROM cells WHERE status = 'errored' GROUP BY run, reason, stage ORDER BY run DESC, cells DESC
