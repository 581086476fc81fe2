package llm.server.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A file of textual encodings (RFC 7468): blocks between {@code -----BEGIN label-----} and {@code
 * -----END label-----}. Text around them is ignored, as section 2 allows.
 *
 * @param path where it was read
 * @param setting the key in {@code server.tls} that names it
 * @param text all of it
 */
record PemFile(String setting, Path path, String text) {
  /** Chains and lists of authorities are some kilobytes; what is larger is another file. */
  private static final int MAX_BYTES = 4 << 20;

  private static final String BEGIN = "-----BEGIN ";
  private static final String DASHES = "-----";
  private static final String ENCRYPTED_HEADER = "Proc-Type:"; // RFC 1421; OpenSSL's old formats

  /**
   * One block.
   *
   * @param label what BEGIN says it is
   * @param body base64, as it stands in the file
   */
  record Block(String label, String body) {
    boolean isEncrypted() {
      return label.startsWith("ENCRYPTED") || body.contains(ENCRYPTED_HEADER);
    }
  }

  static PemFile read(String setting, Path path) throws TlsProblem {
    try {
      long size = Files.size(path);
      if (size > MAX_BYTES) {
        throw new TlsProblem(
            setting, path + " has " + size + " bytes, which is no PEM file of certificates or key");
      }
      byte[] bytes = Files.readAllBytes(path);
      return new PemFile(setting, path, new String(bytes, StandardCharsets.ISO_8859_1));
    } catch (NoSuchFileException absent) {
      throw new TlsProblem(setting, path + " does not exist", absent);
    } catch (AccessDeniedException denied) {
      throw new TlsProblem(
          setting, path + " may not be read by the user that runs the server", denied);
    } catch (IOException unreadable) {
      String what = Files.isDirectory(path) ? " is a folder" : " cannot be read: " + unreadable;
      throw new TlsProblem(setting, path + what, unreadable);
    }
  }

  /** The blocks, in the file's order; empty when it is not PEM. */
  List<Block> blocks() {
    var blocks = new ArrayList<Block>();
    for (int at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at + 1)) {
      int label = at + BEGIN.length();
      int body = text.indexOf(DASHES, label);
      if (body < 0) {
        break;
      }
      String name = text.substring(label, body);
      int end = text.indexOf("-----END " + name + DASHES, body);
      if (end > 0) {
        blocks.add(new Block(name, text.substring(body + DASHES.length(), end).strip()));
      }
    }
    return blocks;
  }

  byte[] decode(Block block) throws TlsProblem {
    try {
      return Base64.getMimeDecoder().decode(block.body());
    } catch (IllegalArgumentException broken) {
      throw problem("its block " + block.label() + " is not base64: the file is damaged");
    }
  }

  TlsProblem problem(String what) {
    return new TlsProblem(setting, path + ": " + what);
  }
}
