package llm.server.http;

import java.util.Optional;
import llm.domain.call.Call;

/**
 * A request that was let in.
 *
 * @param head what it says before its body
 * @param variable what stands in the variable of its route's path, percent-decoded
 * @param call its identity, deadline and cancellation; the caller of the handler ends it
 * @param body its body, not read yet
 */
public record Request(Head head, Optional<String> variable, Call call, RequestBody body) {}
