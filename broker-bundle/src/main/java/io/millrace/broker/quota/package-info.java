/**
 * Client quotas: which one holds for whom, how much was used, and how long whoever used too much has to be still. Decides without threads and
 * clocks: time is handed in.
 */
package io.millrace.broker.quota;
