/** Transactions and producer ids. {@code TransactionShard} decides, {@code TransactionCoordinator} serves and writes the markers. */
package io.millrace.broker.transaction;
