package llm.bench.local;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Several requests at once to one server. */
public final class Together implements AutoCloseable {
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Future<Answer>> answers = new ArrayList<>();
  private final CountDownLatch begun;

  /** Sends all; does not wait. */
  public Together(int port, List<Question> questions) {
    begun = new CountDownLatch(questions.size());
    for (Question question : questions) {
      answers.add(threads.submit(() -> Completion.ask(port, question, begun::countDown)));
    }
  }

  /** Waits until each has had its first piece, or has ended without one. */
  public void awaitFirst() {
    try {
      begun.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Waits for all. */
  public List<Answer> answers() {
    var ended = new ArrayList<Answer>();
    for (Future<Answer> answer : answers) {
      try {
        ended.add(answer.get());
      } catch (ExecutionException e) {
        throw new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        throw new IllegalStateException("interrupted", e);
      }
    }
    return ended;
  }

  @Override
  public void close() {
    threads.close();
  }
}
