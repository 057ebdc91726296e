/** One run of a sink task: from topics to the plugin, and the offsets of what it delivered. */
package io.millrace.connect.sink;
