package llm.server.engine;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Stream;
import llm.server.engine.message.Refusal;
import llm.server.engine.message.RefusedException;

/** The contexts of one engine, and the way of an exchange to its handler. Thread-safe. */
final class Contexts {
  private final EngineMeters meters;
  private volatile List<EngineContext> all = List.of(); // the longest path first
  private volatile Executor executor; // null: on the connection's own thread

  Contexts(EngineMeters meters) {
    this.meters = meters;
  }

  synchronized void add(EngineContext context) {
    if (all.stream().anyMatch(other -> other.getPath().equals(context.getPath()))) {
      throw new IllegalArgumentException("there is a context " + context.getPath() + " already");
    }
    all =
        Stream.concat(all.stream(), Stream.of(context))
            .sorted(Comparator.comparing((EngineContext c) -> -c.getPath().length()))
            .toList();
  }

  synchronized void remove(String path) {
    var rest = all.stream().filter(context -> !context.getPath().equals(path)).toList();
    if (rest.size() == all.size()) {
      throw new IllegalArgumentException("there is no context " + path);
    }
    all = rest;
  }

  Executor executor() {
    return executor;
  }

  void runOn(Executor wanted) {
    executor = wanted;
  }

  /**
   * Has the handler of the exchange's path answer, and waits for it.
   *
   * @throws IOException what ends the connection
   */
  void handle(Exchange exchange) throws IOException {
    EngineContext context = find(exchange.getRequestURI().getPath());
    Executor other = executor;
    if (other == null) {
      handleHere(context, exchange);
      return;
    }
    var done = new CompletableFuture<Void>();
    try {
      other.execute(() -> handleThere(context, exchange, done));
    } catch (RejectedExecutionException _) {
      throw new RefusedException(Refusal.EXECUTOR);
    }
    await(done);
  }

  private EngineContext find(String path) throws RefusedException {
    for (EngineContext context : all) {
      if (path.startsWith(context.getPath())) {
        return context;
      }
    }
    throw new RefusedException(Refusal.NO_CONTEXT);
  }

  private void handleHere(EngineContext context, Exchange exchange) throws IOException {
    var connection = exchange.connection();
    connection.handledBy(Thread.currentThread());
    try {
      context.handle(exchange);
    } catch (RuntimeException | Error bug) {
      meters.failed(exchange.getRequestURI().getRawPath(), bug);
      if (exchange.isAnswering()) {
        throw new IOException("a handler failed within its answer", bug);
      }
      throw new RefusedException(Refusal.HANDLER);
    } finally {
      connection.handledBy(null);
    }
  }

  private void handleThere(EngineContext context, Exchange exchange, CompletableFuture<Void> done) {
    try {
      handleHere(context, exchange);
      done.complete(null);
    } catch (IOException failed) {
      done.completeExceptionally(failed);
    }
  }

  private static void await(CompletableFuture<Void> done) throws IOException {
    try {
      done.get();
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof IOException broken) {
        throw broken;
      }
      throw new IllegalStateException(failed.getCause());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while a handler ran", interrupted);
    }
  }
}
