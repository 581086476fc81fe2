package llm.gpu;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import llm.core.concurrent.CallScope;
import llm.core.telemetry.Log;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;
import llm.gpu.engine.Engine;

/**
 * Rounds of answers at once, for measuring the engine without a server: each reader of an answer is
 * a virtual thread that joins its text, as a caller would. A round's figures are one event.
 *
 * @param count answers at once
 * @param maxTokens of each answer, which takes the likeliest token each time
 * @param calls opens the call of an answer
 */
record Streams(
    Engine engine, Path model, int count, int maxTokens, Supplier<CallScope> calls, Log log) {

  private record Ended(int tokens, int characters, long firstNanos) {}

  /** A round for each line, until there are no more. Blocks. */
  void run(BufferedReader lines) throws LlmException {
    try {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        round(line);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException("standard input cannot be read", failure);
    }
  }

  private void round(String line) throws LlmException {
    long start = System.nanoTime();
    List<Ended> ended = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Ended>> answers = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        String prompt = i + " " + line; // prompts that begin alike would share their beginning
        answers.add(threads.submit(() -> answer(prompt, start)));
      }
      for (Future<Ended> answer : answers) {
        ended.add(answer.get());
      }
    } catch (ExecutionException failure) {
      if (failure.getCause() instanceof LlmException refused) {
        throw refused;
      }
      throw new IllegalStateException(failure.getCause());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return;
    }
    report(ended, System.nanoTime() - start);
  }

  private void report(List<Ended> ended, long nanos) {
    int tokens = ended.stream().mapToInt(Ended::tokens).sum();
    log.info("round")
        .put("streams", count)
        .put("tokens", tokens)
        .put("characters", ended.stream().mapToInt(Ended::characters).sum())
        .put("ms", nanos / 1e6)
        .put(
            "last_first_token_ms",
            ended.stream().mapToLong(Ended::firstNanos).max().orElse(0) / 1e6)
        .put("tokens_per_second", tokens / (nanos / 1e9))
        .emit();
  }

  private Ended answer(String prompt, long start) throws LlmException {
    var greedy = SamplingOptions.DEFAULTS.withTemperature(new Temperature(0));
    var request =
        ChatRequest.of(new ModelName("local"), List.of(Message.user(prompt)))
            .withSampling(greedy)
            .withMaxTokens(maxTokens);
    try (CallScope call = calls.get();
        EventStream<StreamEvent> stream = engine.submit(request, model, call)) {
      var text = new StringBuilder();
      long first = 0;
      while (true) {
        switch (stream.next()) {
          case StreamEvent.TextDelta delta -> {
            first = first == 0 ? System.nanoTime() - start : first;
            text.append(delta.text());
          }
          case StreamEvent.Done done -> {
            return new Ended(done.usage().completionTokens(), text.length(), first);
          }
          case StreamEvent.Failed failed -> throw new LlmException(failed.error());
          case StreamEvent _ -> {}
        }
      }
    }
  }
}
