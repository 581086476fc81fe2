package llm.bench.system;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * nginx as a relay in front of the upstream: keep-alive on both sides, no buffering, no access log
 * (ours has one, so the comparison is the stricter for us).
 */
public final class Nginx {
  private static final Duration START_LIMIT = Duration.ofSeconds(10);
  private static final String CONFIGURATION =
      """
      daemon off;
      worker_processes %d;
      worker_rlimit_nofile 20000;
      pid %s/nginx.pid;
      error_log %s/nginx-error.log warn;
      events { worker_connections 8192; }
      http {
        access_log off;
        client_body_temp_path %s/nginx-body;
        proxy_temp_path %s/nginx-proxy;
        fastcgi_temp_path %s/nginx-fastcgi;
        uwsgi_temp_path %s/nginx-uwsgi;
        scgi_temp_path %s/nginx-scgi;
        keepalive_requests 1000000000;
        keepalive_timeout 300s;
        tcp_nodelay on;
        upstream bench {
          server 127.0.0.1:%d;
          keepalive 2048;
          keepalive_requests 1000000000;
          keepalive_timeout 300s;
        }
        server {
          listen 127.0.0.1:%d backlog=4096;
          location / {
            proxy_pass http://bench;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
          }
        }
      }
      """;

  private Nginx() {}

  /** Where the program is; empty when it is not installed. */
  public static Optional<Path> program() {
    String path = System.getenv().getOrDefault("PATH", "");
    return Stream.concat(Stream.of(path.split(":")), Stream.of("/usr/sbin", "/usr/local/sbin"))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, "nginx"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** How many workers it is started with: as many as cores, at most 2. */
  public static int workers() {
    return Math.min(2, Runtime.getRuntime().availableProcessors());
  }

  /** Starts it on {@code port}. */
  public static Child start(Path program, Workbench bench, int upstreamPort, int port) {
    Path folder = bench.folder();
    Path file =
        bench.write(
            "nginx.conf",
            CONFIGURATION.formatted(
                workers(),
                folder,
                folder,
                folder,
                folder,
                folder,
                folder,
                folder,
                upstreamPort,
                port));
    Child child =
        Child.start(
            "nginx",
            List.of(program.toString(), "-c", file.toString(), "-p", folder.toString()),
            Map.of(),
            folder.resolve("nginx.log"));
    Http.awaitOk(child, port, "/v1/models", START_LIMIT);
    return child;
  }
}
