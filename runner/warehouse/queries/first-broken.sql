-- The first TensorFlow that broke each fixture: the oldest one in which something failed that an older one had saved.
-- Of each cell the newest statement counts; only artifacts that their own producer can read.
WITH said AS (
    SELECT cells.*, saved.tensorflow_order AS saved_order, saved.tensorflow AS saved_by, loaded.tensorflow_order AS loaded_order,
        loaded.tensorflow AS loaded_by
    FROM cells
    JOIN environments AS saved ON saved.run = cells.run AND saved.environment = cells.producer
    JOIN environments AS loaded ON loaded.run = cells.run AND loaded.environment = cells.consumer
    WHERE stage = 'load' AND fault IS NULL AND canary IS NULL AND status IN ('passed', 'degraded', 'failed')
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY cells.run DESC) = 1
), sound AS (
    SELECT producer, fixture, format, loader FROM said WHERE producer = consumer AND status <> 'failed'
), later AS (
    SELECT said.* FROM said JOIN sound USING (producer, fixture, format, loader) WHERE loaded_order > saved_order
), broken AS (
    SELECT fixture, format, loader, min(loaded_order) AS loaded_order FROM later WHERE status = 'failed' GROUP BY ALL
)
SELECT fixture, format, loader, any_value(loaded_by) AS first_broken_in, count(*) FILTER (status = 'failed') AS failed, count(*) AS tried,
    max_by(saved_by, saved_order) FILTER (status = 'failed') AS newest_that_saved, arg_max(cause, saved_order) FILTER (status = 'failed') AS cause,
    arg_max(id, saved_order) FILTER (status = 'failed') AS example
FROM later JOIN broken USING (fixture, format, loader, loaded_order)
GROUP BY fixture, format, loader ORDER BY fixture, format, loader
