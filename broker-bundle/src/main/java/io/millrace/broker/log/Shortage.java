package io.millrace.broker.log;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.Charset;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What there can be too little of, by the system's numbers. The JDK hands on what the system says and not the number, and the system says it in the
 * language that the process was started in.
 */
enum Shortage {

    SPACE(28, "No space left"),
    QUOTA(System.getProperty("os.name").contains("Linux") ? 122 : 69, "uota exceeded"),
    FILES(24, "Too many open files"),
    FILES_OF_ALL(23, "Too many open files in system");

    private static final Logger LOG = LoggerFactory.getLogger(Shortage.class);
    private static final int LONGEST = 1024;

    private final int number;
    private final String english;
    /** Asked of the system when it is needed first: when a disk has refused something. */
    private volatile String inOwnLanguage;

    Shortage(int number, String english) {
        this.number = number;
        this.english = english;
    }

    /** Whether it is why something was refused. */
    boolean isWhy(IOException refused) {
        String why = refused.getMessage();
        return why != null && (why.contains(english) || why.contains(inOwnLanguage()));
    }

    private String inOwnLanguage() {
        if (inOwnLanguage == null) {
            inOwnLanguage = asked();
        }
        return inOwnLanguage;
    }

    private String asked() {
        try {
            Linker linker = Linker.nativeLinker();
            MethodHandle strerror = linker.downcallHandle(linker.defaultLookup().find("strerror").orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
            MemorySegment words = (MemorySegment) strerror.invokeExact(number);
            return words.reinterpret(LONGEST).getString(0, Charset.forName(System.getProperty("native.encoding")));
        } catch (Throwable unknown) {
            LOG.warn("what this system says instead of '{}' is not known: {}", english, unknown.toString());
            return english;
        }
    }
}
