package io.millrace.kernel.plugin;

import java.nio.file.Path;

/**
 * What operators decide about plugins.
 *
 * @param keptVersions    how many earlier versions of each plugin stay for a roll-back
 * @param callLimitMs     how long an activator of a plugin may take
 * @param signaturePolicy {@code off}, {@code warn} or {@code require}
 * @param trustedKeys     folder of the keys whose signatures count
 */
public record PluginRules(int keptVersions, long callLimitMs, String signaturePolicy, Path trustedKeys) {}
