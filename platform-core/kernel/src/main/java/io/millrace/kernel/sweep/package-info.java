/** What removes a plugin's traces from inside the plugin. */
package io.millrace.kernel.sweep;
