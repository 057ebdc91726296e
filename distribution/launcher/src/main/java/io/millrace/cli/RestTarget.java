package io.millrace.cli;

import java.io.IOException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The running platform that a command calls over REST. */
final class RestTarget {

    @Mixin
    private Target target;

    @Option(names = "--url", paramLabel = "URL", description = "Its REST address, instead of the one told by the data folder.")
    private String url;

    Rest rest() throws IOException {
        return new Rest(url != null ? url : "http://" + target.instance().http());
    }
}
