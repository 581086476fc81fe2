/**
 * Logs in append-only files of one folder, for one process: the durable store that needs no server.
 *
 * <p>A segment file is a short head and frames, each with its length and a checksum (CRC-32C, RFC
 * 3720 section B.4) that covers its place in the file. Frames go to the last segment; a full one is
 * synced before the next begins. In memory is where each live record lies, not its text. Segments
 * whose records are mostly dead are rewritten, several into one where they are small, and take the
 * first one's place by a rename.
 *
 * <p>On opening, all segments are read. A frame that was not whole when the process or the machine
 * stopped is cut off; any other damage is refused, and the message names file and offset.
 */
package llm.core.store.journal;
