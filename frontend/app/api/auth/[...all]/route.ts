import { auth } from "@/lib/auth";
import { authenticate } from "@/lib/authenticate";

const handle = (request: Request): Promise<Response> => authenticate(request, () => auth().handler(request));

export { handle as GET, handle as POST };
