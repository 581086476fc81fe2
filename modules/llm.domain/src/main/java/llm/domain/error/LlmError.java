package llm.domain.error;

import java.time.Duration;
import java.util.Optional;
import llm.domain.call.CancelReason;

/**
 * Every expected failure, as a value. {@link #message()} is one sentence that is safe to show to a
 * client and names the thing, the value, the limit and the remedy; secrets are in no part. A new
 * failure is a new record here, and each switch over this type then has to answer it.
 */
public sealed interface LlmError {

  /** The stable name of the failure. */
  ErrorCode code();

  /** One client-safe sentence. */
  String message();

  /**
   * The request says something it may not say.
   *
   * @param path where, as {@code messages[2].content}; empty when it is the request as a whole
   * @param message what is wrong and what would be right
   */
  record InvalidRequest(Optional<String> path, String message) implements LlmError {
    /** An invalid field at {@code path}. */
    public static InvalidRequest at(String path, String message) {
      return new InvalidRequest(Optional.of(path), message);
    }

    /** A request invalid as a whole. */
    public static InvalidRequest of(String message) {
      return new InvalidRequest(Optional.empty(), message);
    }

    @Override
    public ErrorCode code() {
      return ErrorCode.INVALID_REQUEST;
    }
  }

  /**
   * The body is not JSON.
   *
   * @param detail what the parser found
   * @param line line of the position, from 1
   * @param column column of the position, from 1
   */
  record InvalidJson(String detail, int line, int column) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.INVALID_JSON;
    }

    @Override
    public String message() {
      return "The body is not valid JSON at line " + line + ", column " + column + ": " + detail;
    }
  }

  /**
   * The request asks for something that this model or server does not do.
   *
   * @param path the field that asks for it
   * @param message what is not supported and what to do instead
   */
  record Unsupported(String path, String message) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.UNSUPPORTED;
    }
  }

  /**
   * The prompt does not fit the model's context window.
   *
   * @param model the model's id
   * @param promptTokens what the prompt takes; 0 where a provider refused it without saying
   * @param contextTokens what the window holds, prompt and answer together; 0 likewise
   */
  record ContextLengthExceeded(String model, int promptTokens, int contextTokens)
      implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.CONTEXT_LENGTH_EXCEEDED;
    }

    @Override
    public String message() {
      return "The prompt "
          + (promptTokens > 0 ? "takes " + promptTokens + " tokens and " : "")
          + "leaves no room for an answer in the context of model '"
          + model
          + "'"
          + (contextTokens > 0 ? ", which holds " + contextTokens : "")
          + "; shorten the messages.";
    }
  }

  /**
   * An input of a request for vectors is longer than the model reads at once.
   *
   * @param model the model's id
   * @param index which input, from 0
   * @param tokens what it takes
   * @param limitTokens what the model reads
   */
  record InputTooLong(String model, int index, int tokens, int limitTokens) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.CONTEXT_LENGTH_EXCEEDED;
    }

    /** Where it stands in the request. */
    public String path() {
      return "input[" + index + "]";
    }

    @Override
    public String message() {
      return path()
          + " takes "
          + tokens
          + " tokens, and model '"
          + model
          + "' reads at most "
          + limitTokens
          + " at once; shorten it or send it in parts.";
    }
  }

  /** No key, or not one of ours. The message never tells which. */
  record Unauthorized(String message) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.UNAUTHORIZED;
    }
  }

  /** Understood and refused: a foreign Host or Origin. */
  record Forbidden(String message) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.FORBIDDEN;
    }
  }

  /**
   * There is no such thing.
   *
   * @param kind what was looked for, as "endpoint"
   * @param id which one
   */
  record NotFound(String kind, String id) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.NOT_FOUND;
    }

    @Override
    public String message() {
      return "There is no " + kind + " '" + id + "'.";
    }
  }

  /** No provider serves a model of this id. */
  record ModelNotFound(String model) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.MODEL_NOT_FOUND;
    }

    @Override
    public String message() {
      return "The model '" + model + "' does not exist here; GET /v1/models lists those that do.";
    }
  }

  /**
   * The endpoint exists, but not for this method.
   *
   * @param method what was used
   * @param allowed what may be, as {@code GET, POST}
   */
  record MethodNotAllowed(String method, String allowed) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.METHOD_NOT_ALLOWED;
    }

    @Override
    public String message() {
      return "Method " + method + " is not allowed here; use " + allowed + ".";
    }
  }

  /**
   * The state of the thing does not allow it now.
   *
   * @param message which, and what to do
   * @param retryAfter when it will have changed; empty: nobody knows
   */
  record Conflict(String message, Optional<Duration> retryAfter) implements LlmError {
    /** One of which nobody knows how long it lasts. */
    public Conflict(String message) {
      this(message, Optional.empty());
    }

    @Override
    public ErrorCode code() {
      return ErrorCode.CONFLICT;
    }
  }

  /**
   * The request has the idempotency key of another one
   * (draft-ietf-httpapi-idempotency-key-header-07, section 2.7).
   *
   * @param message what the key was first used for, and what to do
   */
  record IdempotencyKeyReused(String message) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.IDEMPOTENCY_KEY_REUSED;
    }
  }

  /** The body is larger than {@code limitBytes}. */
  record PayloadTooLarge(long limitBytes) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.PAYLOAD_TOO_LARGE;
    }

    @Override
    public String message() {
      return "The body is larger than the "
          + limitBytes
          + " bytes that are accepted; send less or raise server.max_body_bytes.";
    }
  }

  /** The body's declared type is not one that is read here. */
  record UnsupportedMediaType(String contentType) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.UNSUPPORTED_MEDIA_TYPE;
    }

    @Override
    public String message() {
      return "Content-Type '" + contentType + "' is not read here; send application/json.";
    }
  }

  /** The body is compressed, or coded in another way, which is not undone here. */
  record UnsupportedContentEncoding(String contentEncoding) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.UNSUPPORTED_MEDIA_TYPE;
    }

    @Override
    public String message() {
      return "Content-Encoding '"
          + contentEncoding
          + "' is not undone here; send the body as it is, without that header.";
    }
  }

  /** The endpoint is not spoken to in HTTP alone. */
  record UpgradeRequired(String message) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.UPGRADE_REQUIRED;
    }
  }

  /** Asked for rightly, and this server as it is configured cannot do it. */
  record NotImplemented(String message) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.NOT_IMPLEMENTED;
    }
  }

  /**
   * A bounded queue has no place left.
   *
   * @param queue its name
   * @param capacity how many it holds
   * @param retryAfter when to try again
   */
  record QueueFull(String queue, int capacity, Duration retryAfter) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.QUEUE_FULL;
    }

    @Override
    public String message() {
      return "The queue of "
          + queue
          + " is full ("
          + capacity
          + " waiting); try again in "
          + Math.max(1, retryAfter.toSeconds())
          + " s.";
    }
  }

  /**
   * A limit of the configuration is reached.
   *
   * @param message which rule, which limit, and when there is room again
   * @param isQuota whether it is one of the day's, which waiting a little does not mend
   * @param retryAfter when there is room again, more than 0; empty: never, for this request alone
   *     wants more than there may be
   */
  record LimitExceeded(String message, boolean isQuota, Optional<Duration> retryAfter)
      implements LlmError {
    @Override
    public ErrorCode code() {
      return isQuota ? ErrorCode.INSUFFICIENT_QUOTA : ErrorCode.RATE_LIMIT_EXCEEDED;
    }
  }

  /**
   * The server as a whole has no room.
   *
   * @param resource what ran out
   * @param limit how much there is
   * @param retryAfter when to try again
   */
  record Overloaded(String resource, long limit, Duration retryAfter) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.OVERLOADED;
    }

    @Override
    public String message() {
      return "All "
          + limit
          + " "
          + resource
          + " are taken; try again in "
          + Math.max(1, retryAfter.toSeconds())
          + " s.";
    }
  }

  /** The server is draining and takes no new work. */
  record ShuttingDown(Duration retryAfter) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.SHUTTING_DOWN;
    }

    @Override
    public String message() {
      return "The server is shutting down and takes no new requests.";
    }
  }

  /**
   * A time limit was exceeded.
   *
   * @param reason which: the total time, the first token's or the idle limit
   * @param operation what took too long
   * @param budget the time it had
   */
  record DeadlineExceeded(CancelReason reason, String operation, Duration budget)
      implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.DEADLINE_EXCEEDED;
    }

    @Override
    public String message() {
      String limit =
          switch (reason) {
            case FIRST_TOKEN -> " gave no first token within its ";
            case IDLE -> " was silent for longer than its ";
            default -> " did not end within its ";
          };
      return operation + limit + budget.toMillis() + " ms.";
    }
  }

  /** The call was cancelled before it had an answer. */
  record Cancelled(CancelReason reason) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.CANCELLED;
    }

    @Override
    public String message() {
      return switch (reason) {
        case SHUTDOWN -> "The generation was stopped because the server is shutting down.";
        case USER -> "The generation was stopped on request.";
        default -> "The generation was stopped before its end.";
      };
    }
  }

  /**
   * The model is known but cannot serve now: its provider is absent or left alone for a while, or
   * its file cannot be loaded.
   *
   * @param model the model's id
   * @param message why, and what would change it
   * @param retryAfter when it may serve again; empty: nobody knows
   */
  record ModelUnavailable(String model, String message, Optional<Duration> retryAfter)
      implements LlmError {
    /** One that does not pass by itself. */
    public ModelUnavailable(String model, String message) {
      this(model, message, Optional.empty());
    }

    @Override
    public ErrorCode code() {
      return ErrorCode.MODEL_UNAVAILABLE;
    }
  }

  /**
   * What the request needs is kept in a store that cannot be read now.
   *
   * @param message which, and what is kept there
   * @param retryAfter when it may be back; empty: nobody knows
   */
  record StoreUnavailable(String message, Optional<Duration> retryAfter) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.STORE_UNAVAILABLE;
    }
  }

  /**
   * A model's answer is not the JSON it was asked for. Of the answer's text the message repeats
   * nothing but names, numbers and values of a choice.
   *
   * @param path which value of it, as {@code items[2].name}; empty: the answer as a whole
   * @param problem what was expected there and what was found, without the full stop
   */
  record InvalidAnswer(String path, String problem) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.INVALID_ANSWER;
    }

    @Override
    public String message() {
      return "The model's answer does not fit its schema: " + problem + ".";
    }
  }

  /**
   * A provider accepted the request and failed.
   *
   * @param provider its id
   * @param message what happened
   */
  record ProviderFailed(String provider, String message) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.PROVIDER_FAILED;
    }
  }

  /**
   * A provider answered with an error of its own.
   *
   * @param provider its id
   * @param httpStatus the status it gave, or named in its stream: 400 to 599
   * @param upstreamCode its own word for the failure, as {@code context_length_exceeded}
   * @param message what it said, bounded, with what to do where that is known
   * @param retryAfter when it wants to be asked again
   */
  record ProviderRefused(
      String provider,
      int httpStatus,
      Optional<String> upstreamCode,
      String message,
      Optional<Duration> retryAfter)
      implements LlmError {
    /** Rejects a status that is no failure. */
    public ProviderRefused {
      if (httpStatus < 400 || httpStatus > 599) {
        throw new IllegalArgumentException("status " + httpStatus + " must be 400 to 599");
      }
    }

    @Override
    public ErrorCode code() {
      return ErrorCode.PROVIDER_REFUSED;
    }
  }

  /**
   * A provider could not be asked: no connection, no TLS, no free connection of its pool. It saw
   * nothing of the request.
   *
   * @param provider its id
   * @param message why, and what would change it
   */
  record ProviderUnreachable(String provider, String message) implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.PROVIDER_UNREACHABLE;
    }
  }

  /** A bug of ours; the log has the cause under the request's id. */
  record Internal() implements LlmError {
    @Override
    public ErrorCode code() {
      return ErrorCode.INTERNAL;
    }

    @Override
    public String message() {
      return "Internal error; the server's log has the cause under this request's id.";
    }
  }
}
