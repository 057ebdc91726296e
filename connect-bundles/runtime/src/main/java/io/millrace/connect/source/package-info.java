/** One run of a source task: from the plugin to topics, with its offsets in the same transaction. */
package io.millrace.connect.source;
