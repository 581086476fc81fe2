/**
 * The traffic with an upstream, recorded to a file and played back from it in place of the network.
 * docs/record-replay.md has the format of the file.
 */
package llm.providers.replay;
