package llm.gpu.local;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.domain.model.AdapterUse;
import llm.gpu.adapter.AdapterFile;

/**
 * A LoRA adapter under {@code providers.local.lora}.
 *
 * @param adapter its name, file and scale
 * @param model the id of the model that it is for
 */
record AdapterSettings(AdapterFile adapter, String model) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._:-]{1,100}");
  private static final Setting<Path> FILE =
      Setting.optionalPath("file", "The adapter's GGUF file.");
  private static final Setting<String> MODEL =
      Setting.text("model", LocalProvider.ID, "The id of the model that it is for.");
  private static final Setting<Double> SCALE =
      Setting.number(
          "scale",
          1,
          -AdapterUse.MAX_SCALE,
          AdapterUse.MAX_SCALE,
          "How much of it is added to the model where a request does not say; 1: all.");

  /** Reads all of them, in the order of the file. */
  static List<AdapterSettings> read(Section section) {
    List<AdapterSettings> all = new ArrayList<>();
    section
        .named(
            "lora", "LoRA adapters by the ids that callers ask for them by, as they do for models.")
        .forEach((name, one) -> {
          Optional<Path> file = one.find(FILE);
          String model = one.get(MODEL);
          double scale = one.get(SCALE);
          if (section.isReference()) {
            return;
          }
          if (!NAME.matcher(name).matches() || name.equals(LocalProvider.ID)) {
            section.reject(
                "lora",
                "the adapter '"
                    + name
                    + "' must have a name of 1 to 100 letters, digits and . _ : - other than "
                    + LocalProvider.ID);
          } else if (file.isEmpty()) {
            one.reject("file", "is missing; name the adapter's GGUF file");
          } else {
            Path absolute = file.get().toAbsolutePath().normalize();
            all.add(new AdapterSettings(new AdapterFile(name, absolute, scale), model));
          }
        });
    return List.copyOf(all);
  }
}
