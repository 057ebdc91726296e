package io.millrace.broker.log.clean;

/**
 * What one cleaning did.
 *
 * @param from        first offset that was not clean before
 * @param until       exclusive, up to where the log is clean now
 * @param bytesBefore size of the segments that were cleaned
 * @param bytesAfter  size of those in their place
 * @param utilization how full the map of keys was, from 0 to 1
 */
record CleaningReport(long from, long until, long bytesBefore, long bytesAfter, double utilization, long bytesRead, long bytesWritten) {}
