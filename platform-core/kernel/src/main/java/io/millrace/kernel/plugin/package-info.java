/** The plugin manager: stored plugins, their bundles, and the hosts that run what is in them. */
package io.millrace.kernel.plugin;
