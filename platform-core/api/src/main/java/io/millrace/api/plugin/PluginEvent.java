package io.millrace.api.plugin;

import java.time.Instant;

/**
 * One step of an operation on a plugin.
 *
 * @param sequence rising by one, from 1 at the start of the process
 * @param tag      of the {@link Delivery}, or empty
 * @param plugin   its name, or the file's as long as the name is not known
 * @param version  empty as long as it is not known
 * @param detail   for people; empty where the step says all
 * @param tookMs   since the operation began
 */
public record PluginEvent(long sequence, Instant at, String tag, String plugin, String version, Step step, String detail, long tookMs) {

    /** {@link #FAILED} ends an operation without effect, {@link #DONE} with it. */
    public enum Step { STAGED, VERIFIED, RESOLVED, STARTED, VALIDATED, HANDED_OVER, STORED, ROLLED_BACK, RETIRED, WARNING, FAILED, DONE }
}
