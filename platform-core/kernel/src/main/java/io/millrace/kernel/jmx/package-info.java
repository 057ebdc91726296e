/** Meters as MBeans, named and shaped as Kafka's are; made only while somebody may be looking. */
package io.millrace.kernel.jmx;
