/** What tasks of both kinds share: their setup, counters and errors. */
package io.millrace.connect.task;
