package llm.server.probe.report;

/**
 * What was measured of one summary.
 *
 * @param run which asking of the last step it followed, from 1
 * @param key of the cache
 * @param hit whether it was in the cache
 * @param millis until it was there
 * @param covered messages that it stands for
 */
public record SummaryFigures(int run, String key, boolean hit, double millis, int covered) {}
