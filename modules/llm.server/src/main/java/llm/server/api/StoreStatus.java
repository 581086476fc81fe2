package llm.server.api;

/**
 * How the store of conversations is.
 *
 * @param kind {@code memory}, {@code journal}, {@code redis}
 * @param durability what survives: {@code none}, {@code journal}: what was acknowledged, on this
 *     machine, {@code redis}: the same as far as that server's settings go
 * @param available whether it can be used just now
 */
public record StoreStatus(String kind, String durability, boolean available) {}
