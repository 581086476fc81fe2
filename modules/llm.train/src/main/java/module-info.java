/**
 * Trains the model {@code builtin} that ships with the server: {@code tools/train-builtin}. A tool
 * of the repository; the server does not load it and the image does not hold it. It alone uses the
 * Vector API, which incubates. Exports nothing and has no properties.
 */
module llm.train {
  requires java.net.http;
  requires jdk.incubator.vector;
  requires tools.jackson.core;
}
