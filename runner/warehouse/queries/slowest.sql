-- Which cells take longest? Only times that were measured; what was taken over is left out
SELECT id, round(median(duration_s), 2) AS median_s, round(max(duration_s), 2) AS longest_s, count(*) AS times_run,
    round(max(memory_peak_mb)) AS memory_peak_mb
FROM cells WHERE reused_from IS NULL AND attempts > 0 GROUP BY id ORDER BY median_s DESC, id LIMIT 50
