/** Reading partitions of this node without a socket. */
@Export
@Version("0.1.0")
package io.millrace.api.log;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
