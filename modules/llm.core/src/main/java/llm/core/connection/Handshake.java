package llm.core.connection;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A connection was made ready.
 *
 * @param provider with whom
 * @param ping how long the ping took, which opens the connection where none is open; for a local
 *     provider how long until its model is in memory
 * @param status of the answer to the ping; empty where there are none
 * @param generation how long the generation of one token from an empty text took; empty when there
 *     was none
 */
public record Handshake(
    String provider, Duration ping, OptionalInt status, Optional<Duration> generation) {}
