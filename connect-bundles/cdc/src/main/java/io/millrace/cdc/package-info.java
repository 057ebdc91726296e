/** Change data capture: a friendly face on Debezium's PostgreSQL connector. */
package io.millrace.cdc;
