package llm.gpu.memory;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * Decides whether one more model fits beside those that are in memory: within the budget of the
 * settings, ordinary memory and that of the graphics processor. A memory of which nothing is known
 * limits nothing. Thread-safe; a look reads a few small files.
 */
public final class MemoryBudget {
  private static final String BUDGET = "memory_budget_mb";

  private final MemorySettings settings;
  private final Supplier<Optional<MemoryReading>> host;
  private final DeviceMemory device;

  /**
   * A budget.
   *
   * @param host how full ordinary memory is
   * @param device how full the graphics processor's is
   */
  public MemoryBudget(
      MemorySettings settings, Supplier<Optional<MemoryReading>> host, DeviceMemory device) {
    this.settings = settings;
    this.host = host;
    this.device = device;
  }

  /** Whether what is known of the memories shows what was done with them until {@code nanos}. */
  public boolean isSince(long nanos) {
    return device.isSince(nanos);
  }

  /** What there is beside {@code held}, now. */
  public Room beside(Collection<? extends Held> held) {
    return new Room(standings(held).stream().map(Share::new).toList(), List.copyOf(held));
  }

  /** How full each memory is that limits loads, {@code held} being there or about to be. */
  public List<Standing> standings(Collection<? extends Held> held) {
    List<Standing> all = new ArrayList<>();
    if (settings.budgetBytes() > 0) {
      long used = sum(held, ModelNeed::total);
      var reading = new MemoryReading("", settings.budgetBytes(), settings.budgetBytes() - used);
      all.add(new Standing(Kind.BUDGET, reading, reading.availableBytes(), " (" + BUDGET + ")"));
    }
    host.get()
        .ifPresent(reading ->
            all.add(
                standing(
                    Kind.RAM,
                    reading,
                    settings.maxRamPercent(),
                    settings.ramReserveBytes(),
                    held)));
    device
        .reading()
        .ifPresent(reading ->
            all.add(
                standing(
                    Kind.VRAM,
                    reading,
                    settings.maxVramPercent(),
                    settings.vramReserveBytes(),
                    held)));
    return all;
  }

  private static Standing standing(
      Kind kind,
      MemoryReading reading,
      int percent,
      long reserve,
      Collection<? extends Held> held) {
    List<Held> coming = new ArrayList<>(held);
    coming.removeIf(Held::isResident); // the reading shows what they take
    long free = reading.room(percent, reserve) - sum(coming, kind.counted);
    String limits =
        " "
            + reading.name()
            + " (limit "
            + percent
            + " %, reserve "
            + ModelNeed.megabytes(reserve)
            + ")";
    return new Standing(kind, reading, free, limits);
  }

  /** Which limit. */
  public enum Kind {
    /** What the settings allow all models together. */
    BUDGET(ModelNeed::total),
    /** Ordinary memory. */
    RAM(need -> need.host().total()),
    /** The graphics processor's. */
    VRAM(need -> need.device().total());

    private final ToLongFunction<ModelNeed> counted;

    Kind(ToLongFunction<ModelNeed> counted) {
      this.counted = counted;
    }
  }

  /**
   * How full one memory is.
   *
   * @param freeBytes what loads may still take
   * @param limits what it is called and limited by, for messages, with a space before it
   */
  public record Standing(Kind kind, MemoryReading reading, long freeBytes, String limits) {}

  private static long sum(Collection<? extends Held> held, ToLongFunction<ModelNeed> of) {
    return held.stream().map(Held::need).mapToLong(of).sum();
  }

  /** One limit, and how much of it is left. */
  private record Share(Standing standing) {
    private long shortOf(ModelNeed need, Collection<? extends Held> gone) {
      var counted = standing.kind().counted;
      return counted.applyAsLong(need) - standing.freeBytes() - sum(gone, counted);
    }
  }

  /** What there was at one moment. */
  public static final class Room {
    private final List<Share> shares;
    private final List<Held> held;

    private Room(List<Share> shares, List<Held> held) {
      this.shares = List.copyOf(shares);
      this.held = held;
    }

    /** Whether {@code need} fits once those of {@code gone} have left. */
    public boolean fits(ModelNeed need, Collection<? extends Held> gone) {
      return shares.stream().allMatch(share -> share.shortOf(need, gone) <= 0);
    }

    /**
     * Why {@code need} does not fit even when {@code gone} have left, and what would help; empty
     * when it does.
     */
    public Optional<String> refusal(String model, ModelNeed need, Collection<? extends Held> gone) {
      return shares.stream()
          .filter(share -> share.shortOf(need, gone) > 0)
          .findFirst()
          .map(share -> sentence(model, need, share));
    }

    private String sentence(String model, ModelNeed need, Share share) {
      return "Model "
          + model
          + " needs "
          + need.text()
          + "; "
          + ModelNeed.megabytes(Math.max(0, share.standing().freeBytes()))
          + " are free of "
          + ModelNeed.megabytes(share.standing().reading().totalBytes())
          + share.standing().limits()
          + "; "
          + remedy();
    }

    private String remedy() {
      String unload =
          held.stream()
              .map(one ->
                  one.name()
                      + " ("
                      + ModelNeed.megabytes(one.need().total())
                      + (one.isBusy() ? ", busy" : ", idle")
                      + ")")
              .collect(Collectors.joining(", "));
      return (unload.isEmpty() ? "" : "unload " + unload + ", ")
          + "lower providers.local.context_tokens or pool_tokens, or raise the limit.";
    }
  }
}
