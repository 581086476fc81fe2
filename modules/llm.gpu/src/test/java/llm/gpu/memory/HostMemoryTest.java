package llm.gpu.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("T-6: ordinary memory, as Linux tells it")
class HostMemoryTest {
  private static final long MB = 1 << 20;

  @TempDir Path root;

  @BeforeEach
  void machine() throws IOException {
    put("proc/meminfo", "MemTotal: 1024000 kB\nMemFree: 1 kB\nMemAvailable: 512000 kB\n");
  }

  private void put(String file, String text) throws IOException {
    Files.createDirectories(root.resolve(file).getParent());
    Files.writeString(root.resolve(file), text);
  }

  private MemoryReading read() {
    return new HostMemory(root).read().orElseThrow();
  }

  @Test
  void theMachineItselfWhereNothingElseLimits() {
    assertThat(read()).isEqualTo(new MemoryReading("RAM", 1000 * MB, 500 * MB));
  }

  @Test
  void aGroupOfVersion2WithLessRoomCounts() throws IOException {
    put("proc/self/cgroup", "0::/a/b\n");
    put("sys/fs/cgroup/a/b/memory.max", "max\n");
    put("sys/fs/cgroup/a/memory.max", Long.toString(300 * MB));
    put("sys/fs/cgroup/a/memory.current", Long.toString(200 * MB));
    put("sys/fs/cgroup/a/memory.stat", "anon 1\ninactive_file " + 50 * MB + "\n");

    assertThat(read()).isEqualTo(new MemoryReading("RAM of the control group", 300 * MB, 150 * MB));
  }

  @Test
  void soDoesOneOfVersion1() throws IOException {
    put("proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/job\n0::/\n");
    put("sys/fs/cgroup/memory/job/memory.limit_in_bytes", Long.toString(300 * MB));
    put("sys/fs/cgroup/memory/job/memory.usage_in_bytes", Long.toString(100 * MB));
    put("sys/fs/cgroup/memory/job/memory.stat", "total_inactive_file " + 10 * MB + "\n");

    assertThat(read().availableBytes()).isEqualTo(210 * MB);
  }

  @Test
  void aContainerSeesItsOwnGroupAtTheRoot() throws IOException {
    put("proc/self/cgroup", "0::/not/seen/here\n");
    put("sys/fs/cgroup/memory.max", Long.toString(100 * MB));
    put("sys/fs/cgroup/memory.current", Long.toString(60 * MB));

    assertThat(read().availableBytes()).isEqualTo(40 * MB);
  }

  @Test
  void aLimitBeyondTheMachineIsNone() throws IOException {
    put("proc/self/cgroup", "4:memory:/\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
    put("sys/fs/cgroup/memory/memory.usage_in_bytes", "9223372036854771000");

    assertThat(read().name()).isEqualTo("RAM");
  }

  @Test
  void aPathThatLeadsOutIsNotFollowed() throws IOException {
    put("proc/self/cgroup", "0::/../../..\n");

    assertThat(read().name()).isEqualTo("RAM");
  }

  @Test
  void elsewhereNothingIsKnown() {
    assertThat(new HostMemory(root.resolve("elsewhere")).read()).isEmpty();
  }
}
