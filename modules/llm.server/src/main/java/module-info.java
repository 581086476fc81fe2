/** The HTTP face of the product and its start. */
module llm.server {
  requires java.net.http;
  requires jdk.httpserver;
  requires jdk.unsupported;
  requires llm.core;
  requires tools.jackson.core;
}
