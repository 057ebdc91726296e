/** Stand-ins for the converters that Kafka keeps in its own Connect runtime, which is not here. */
package io.millrace.connect.converters;
