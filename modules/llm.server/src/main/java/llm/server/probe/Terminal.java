package llm.server.probe;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import llm.core.config.ConfigSources;

/**
 * What a command has of its process.
 *
 * @param sources where settings come from
 * @param out takes JSON lines, and the help
 * @param err takes what is wrong with the options, and the progress
 * @param progress whether somebody looks on
 */
record Terminal(ConfigSources sources, OutputStream out, PrintStream err, boolean progress) {

  /** This process. Progress is shown where both ends are a terminal. */
  static Terminal process() {
    var console = System.console();
    return new Terminal(
        ConfigSources.process(),
        new FileOutputStream(FileDescriptor.out),
        System.err,
        console != null && console.isTerminal());
  }

  /** A word to whoever looks on. */
  void say(String text) {
    if (progress) {
      err.println(text);
    }
  }
}
