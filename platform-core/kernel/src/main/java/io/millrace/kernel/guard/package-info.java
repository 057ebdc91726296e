/**
 * What stands between plugins and those calls into the JDK that would reach beyond the plugin. Exported for the classes of plugins, whose call
 * sites are led here when they are loaded.
 */
package io.millrace.kernel.guard;
