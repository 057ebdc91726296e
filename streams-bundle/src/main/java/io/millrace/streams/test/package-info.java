/** For tests of stream jobs, without a platform. */
@Export
@Version("0.1.0")
package io.millrace.streams.test;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
