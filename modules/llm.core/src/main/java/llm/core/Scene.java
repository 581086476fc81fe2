package llm.core;

import java.util.Locale;
import java.util.Optional;
import llm.core.concurrent.TimerThread;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;

/** C-11: a part of the conversation core that is shown alone. */
enum Scene {
  CONNECTION {
    @Override
    void play(Telemetry telemetry, TimerThread timer) throws Exception {
      new TalkScenes(telemetry, timer).connection();
    }
  },
  CLIENT {
    @Override
    void play(Telemetry telemetry, TimerThread timer) throws Exception {
      new TalkScenes(telemetry, timer).client();
    }
  },
  CONTEXT {
    @Override
    void play(Telemetry telemetry, TimerThread timer) throws Exception {
      new ContextScenes(telemetry).context();
    }
  },
  DUAL {
    @Override
    void play(Telemetry telemetry, TimerThread timer) throws Exception {
      new ContextScenes(telemetry).dual();
    }
  },
  MANAGER {
    @Override
    void play(Telemetry telemetry, TimerThread timer) throws Exception {
      new TalkScenes(telemetry, timer).manager();
    }
  };

  abstract void play(Telemetry telemetry, TimerThread timer) throws Exception;

  /** The scene of this name. */
  static Optional<Scene> named(String name) {
    for (Scene scene : values()) {
      if (scene.name().toLowerCase(Locale.ROOT).equals(name)) {
        return Optional.of(scene);
      }
    }
    return Optional.empty();
  }

  void run(Telemetry telemetry) throws Exception {
    Log log = telemetry.log("llm.sandbox");
    try (var timer = new TimerThread(bug -> log.error("timer_failed").cause(bug).emit())) {
      play(telemetry, timer);
    }
    log.info("sandbox_done").emit();
  }
}
