/**
 * What the cluster is: topics, their partitions and properties. Records in one durable order make one immutable image; this node's
 * logs follow it.
 */
package io.millrace.broker.metadata;
