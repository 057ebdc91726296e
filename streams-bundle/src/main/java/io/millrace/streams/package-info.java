/**
 * The stream engine's Java DSL: names, shapes and meaning as in Kafka Streams 4.x. A {@link io.millrace.streams.StreamJob} in a plugin bundle
 * describes what is to be computed; the engine runs it, exactly once, beside the partitions it reads.
 */
@Export
@Version("0.1.0")
package io.millrace.streams;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
